// What clang can check beyond the language: consumed objects (-Wconsumed) and lifetimes. Nothing with other compilers.
#pragma once

#if defined(__clang__)
#define LK_CONSUMABLE(state) __attribute__((consumable(state)))
#define LK_RETURN_TYPESTATE(state) __attribute__((return_typestate(state)))
#define LK_SET_TYPESTATE(state) __attribute__((set_typestate(state)))
#define LK_CALLABLE_WHEN(...) __attribute__((callable_when(__VA_ARGS__)))
#define LK_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define LK_CONSUMABLE(state)
#define LK_RETURN_TYPESTATE(state)
#define LK_SET_TYPESTATE(state)
#define LK_CALLABLE_WHEN(...)
#define LK_LIFETIMEBOUND
#endif
