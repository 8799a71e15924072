"""Compiles a play's Java programs into the folder of its logs, and says how to run them. Libraries are Debian's.

What the programs of several plays have in common is in `lib/java`, and compiled with each.
"""

import os
import shutil

from lib.expect import Unexpected

LIBRARIES = "/usr/share/java"
COMMON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "java")
# Jars and the packages they are of. Debian calls Spring 4.3 spring3.
JARS = {
    "HikariCP": "libhikaricp-java",
    "mariadb-java-client": "libmariadb-java",
    "postgresql": "libpostgresql-jdbc-java",
    "eclipselink": "libeclipselink-java",
    "eclipselink-jpa-2.1-spec": "libjpa-2.1-spec-java",
    "geronimo-jta-1.2-spec": "libgeronimo-jta-1.2-spec-java",
    "aopalliance": "libaopalliance-java",
    "spring3-core": "libspring-core-java",
    "spring3-beans": "libspring-beans-java",
    "spring3-aop": "libspring-aop-java",
    "spring3-context": "libspring-context-java",
    "spring3-expression": "libspring-expression-java",
    "spring3-jdbc": "libspring-jdbc-java",
    "spring3-transaction": "libspring-transaction-java",
    "slf4j-api": "libslf4j-java",
    "slf4j-simple": "libslf4j-java",
    "jcl-over-slf4j": "libslf4j-java",
}
# Started quickly and small: two cores are shared with the server.
FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx96m"]
LOGGER = "-Dorg.slf4j.simpleLogger."  # to standard error
LOG_FORMAT = [f"{LOGGER}showDateTime=true", f"{LOGGER}dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS"]
# Spring 4.3 reads class files of Java 8 at most. The jars name others that Debian has not.
COMPILER = ["javac", "--release", "8", "-Xlint:all,-options,-path,-classfile,-processing", "-Werror"]
COMPILE_DEADLINE = 60


class Programs:
    """All the sources of a folder, and the common ones. They are being compiled when this is made; who asks for a command
    waits for that.
    """

    def __init__(self, play, sources):
        if shutil.which("javac") is None:
            raise Unexpected("no javac: install openjdk-17-jdk-headless (scripts/setup does)")
        self._classes = play.log("classes")
        self._sources = sources  # for META-INF
        files = sorted(os.path.join(folder, name) for folder in (COMMON, sources) for name in os.listdir(folder)
                       if name.endswith(".java"))
        self._compiler = play.start("javac", [*COMPILER, "-cp", _class_path(), "-d", self._classes, *files])

    def command(self, main, *flags, log_level="warn"):
        if self._compiler.wait_for_end(COMPILE_DEADLINE) != 0:
            raise Unexpected("the Java programs do not compile")
        logging = [f"{LOGGER}defaultLogLevel={log_level}", *LOG_FORMAT]
        return ["java", *FLAGS, *logging, *flags, "-cp", f"{self._classes}:{self._sources}:{_class_path()}", main]


def _class_path():
    paths = {os.path.join(LIBRARIES, f"{jar}.jar"): package for jar, package in JARS.items()}
    lacking = sorted({package for path, package in paths.items() if not os.path.exists(path)})
    if lacking:
        raise Unexpected(f"install {', '.join(lacking)} (scripts/setup does)")
    return ":".join(paths)
