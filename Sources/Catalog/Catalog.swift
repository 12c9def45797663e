/// A provider as its JSON file in this folder has it. The build generates `rows`, one for each file, sorted by name.
package typealias CatalogRow = (name: StaticString, json: StaticString)
