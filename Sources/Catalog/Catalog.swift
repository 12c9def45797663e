/// A provider as its JSON file in this folder has it. The build generates `rows`, one for each file, sorted by name.
package typealias CatalogRow = (name: StaticString, json: StaticString)
/// A shape of model lists as its file in `forms` has it (docs/adding-a-provider.md). The build generates `forms`.
package typealias CatalogForm = (name: StaticString, json: StaticString)
