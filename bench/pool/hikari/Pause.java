import java.util.concurrent.locks.LockSupport;

/** Waits that use no CPU: what a caller does while a real server works. */
final class Pause {
  private Pause() {}

  /** parkNanos may return early, so it is repeated until the time has passed. */
  static void nanoseconds(long nanoseconds) {
    final long end = System.nanoTime() + nanoseconds;
    for (long left = nanoseconds; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
