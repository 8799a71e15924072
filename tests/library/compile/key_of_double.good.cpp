#include <lockkeeper/keyset.hpp>

const lockkeeper::Keyset prices({.table = "price", .key = {lockkeeper::ascending<std::int64_t>("cents")}});
