import java.util.List;

/**
 * Waits in nanoseconds, for one thread; merged afterwards. Below 64 ns every value has its bucket, above it each power
 * of two has 32, so a quantile is at most 3.2 % too large. Recording allocates nothing.
 */
final class WaitHistogram {
  private static final int SUB_BUCKETS = 32;
  private static final int SUB_BITS = 5;
  // The sum and the largest lie in front of the buckets, not in fields: small objects of several threads may end up in
  // one cache line, arrays of this size do not share the lines that are written.
  private static final int SUM = 0;
  private static final int LARGEST = 1;
  private static final int FIRST = 8;
  private final long[] cells = new long[FIRST + (64 - SUB_BITS) * SUB_BUCKETS];

  void record(long nanoseconds) {
    cells[SUM] += nanoseconds;
    if (nanoseconds > cells[LARGEST]) {
      cells[LARGEST] = nanoseconds;
    }
    cells[FIRST + bucketOf(nanoseconds)]++;
  }

  static WaitHistogram merged(List<WaitHistogram> parts) {
    final WaitHistogram all = new WaitHistogram();
    for (WaitHistogram part : parts) {
      for (int index = FIRST; index < all.cells.length; index++) {
        all.cells[index] += part.cells[index];
      }
      all.cells[SUM] += part.cells[SUM];
      all.cells[LARGEST] = Math.max(all.cells[LARGEST], part.cells[LARGEST]);
    }
    return all;
  }

  long count() {
    long count = 0;
    for (int index = FIRST; index < cells.length; index++) {
      count += cells[index];
    }
    return count;
  }

  long largest() {
    return cells[LARGEST];
  }

  double mean() {
    final long count = count();
    return count == 0 ? 0 : (double) cells[SUM] / count;
  }

  /** The upper edge of the bucket in which the quantile lies: never too good. */
  long quantile(double part) {
    final long wanted = (long) Math.ceil(part * count());
    long seen = 0;
    for (int bucket = 0; FIRST + bucket < cells.length; bucket++) {
      seen += cells[FIRST + bucket];
      if (seen >= wanted && seen > 0) {
        return Math.min(largestOf(bucket), largest());
      }
    }
    return 0;
  }

  private static int bucketOf(long value) {
    final int shift = Math.max(0, 63 - SUB_BITS - Long.numberOfLeadingZeros(value | 1));
    return shift * SUB_BUCKETS + (int) (value >>> shift);
  }

  private static long largestOf(int bucket) {
    final int shift = Math.max(0, bucket / SUB_BUCKETS - 1);
    return ((long) (bucket - shift * SUB_BUCKETS + 1) << shift) - 1;
  }
}
