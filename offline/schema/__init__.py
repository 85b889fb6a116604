"""The azure-native types, as the SDK that programs are written against knows them."""
