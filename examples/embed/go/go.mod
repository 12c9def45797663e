module gatelet.example

go 1.19
