// gcc /constraints? not satisfied|no matching function/
// clang /no matching function for call to 'ascending'/
#include <lockkeeper/keyset.hpp>

const lockkeeper::Keyset prices({.table = "price", .key = {lockkeeper::ascending<double>("amount")}});
