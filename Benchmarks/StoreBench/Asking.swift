import Store
func ask(_ path: String) throws(StoreError) {}
