// What may leave a transaction: be returned from its function, or be handed to background work.
#pragma once

#include <cstddef>
#include <type_traits>

namespace lockkeeper {

class Transaction;
class TransactionRef;
class Savepoint;
class Lease;
class RowStream;
template <class Brand>
class BrandedTransactionRef;
template <class Brand, class... Columns>
class Cursor;
template <class... Columns>
class RowRange;

namespace detail {

/// Whether a type is, points to or carries as a template argument something that lives on a transaction or lease.
/// Signatures are not looked into: a std::function<void(TransactionRef)> carries none.
template <class Type>
struct mentions_transaction : std::false_type {};

template <>
struct mentions_transaction<Transaction> : std::true_type {};
template <>
struct mentions_transaction<TransactionRef> : std::true_type {};
template <>
struct mentions_transaction<Savepoint> : std::true_type {};
template <>
struct mentions_transaction<Lease> : std::true_type {};
template <>
struct mentions_transaction<RowStream> : std::true_type {};
template <class Brand>
struct mentions_transaction<BrandedTransactionRef<Brand>> : std::true_type {};
template <class Brand, class... Columns>
struct mentions_transaction<Cursor<Brand, Columns...>> : std::true_type {};
template <class... Columns>
struct mentions_transaction<RowRange<Columns...>> : std::true_type {};

template <class Type>
struct mentions_transaction<const Type> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<volatile Type> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<const volatile Type> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<Type*> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<Type&> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<Type&&> : mentions_transaction<Type> {};
template <class Type>
struct mentions_transaction<Type[]> : mentions_transaction<Type> {};
template <class Type, std::size_t size>
struct mentions_transaction<Type[size]> : mentions_transaction<Type> {};

// reference_wrapper, optional, tuple, pair, vector, map, unique_ptr, expected ...; array, span.
template <template <class...> class Template, class... Arguments>
struct mentions_transaction<Template<Arguments...>> : std::disjunction<mentions_transaction<Arguments>...> {};
template <template <class, std::size_t> class Template, class Type, std::size_t size>
struct mentions_transaction<Template<Type, size>> : mentions_transaction<Type> {};

}  // namespace detail

/// Fit to outlive a transaction, as far as types tell: what a lambda has captured or a class keeps in a member is not
/// seen, and is refused at run time instead (`transaction_ended`, `foreign_use`).
template <class Type>
concept sendable = !detail::mentions_transaction<Type>::value;

}  // namespace lockkeeper
