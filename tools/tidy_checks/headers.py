"""Names of the headers that any room may include: the C++ and C standard libraries, and POSIX."""

STANDARD = frozenset(
    """
    algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts
    condition_variable coroutine deque exception execution expected filesystem flat_map flat_set format
    forward_list fstream functional future generator initializer_list iomanip ios iosfwd iostream istream
    iterator latch limits list locale map mdspan memory memory_resource mutex new numbers numeric optional
    ostream print queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
    source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token streambuf string
    string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
    unordered_set utility valarray variant vector version
    cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef
    cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype
    """.split()
)

POSIX = frozenset(
    """
    assert.h ctype.h dirent.h dlfcn.h errno.h fcntl.h fnmatch.h getopt.h glob.h grp.h inttypes.h langinfo.h
    libgen.h limits.h locale.h net/if.h netdb.h poll.h pthread.h pwd.h regex.h sched.h semaphore.h signal.h
    spawn.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h syslog.h termios.h time.h unistd.h utime.h
    wchar.h wordexp.h
    """.split()
)
