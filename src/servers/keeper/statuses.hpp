// How the keeper ends where there was no program whose status it could end with.
#pragma once

namespace lockkeeper::servers {

inline constexpr int keeper_no_owner = 125;       ///< Who started it was gone already.
inline constexpr int keeper_not_permitted = 126;  ///< To change the user, to fork.
inline constexpr int keeper_no_program = 127;     ///< It could not be executed.

}  // namespace lockkeeper::servers
