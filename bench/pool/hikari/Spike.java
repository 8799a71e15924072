import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;

/**
 * HikariCP's own spike-demand analysis (its document "Welcome to the jungle"): many callers come at once to a pool with
 * few connections, where connecting takes far longer than what they want to do.
 */
final class Spike {
  private static final int WARM_UP_THREADS = 10;

  private final int threads;
  private final int maximum;
  private final int minimumIdle;
  private final long connectNanoseconds;
  private final long queryNanoseconds;
  private final double warmUpSeconds;

  private final long[] waits;
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  Spike(Options options) {
    threads = options.integer("threads", 50, 1, 10_000);
    maximum = options.integer("maximum", 50, 1, 10_000);
    minimumIdle = options.integer("minimum-idle", 5, 1, maximum);
    connectNanoseconds = (long) (options.decimal("connect-ms", 150, 0, 60_000) * 1e6);
    queryNanoseconds = (long) (options.decimal("query-ms", 2, 0, 60_000) * 1e6);
    warmUpSeconds = options.decimal("warmup", 2, 0.1, 3600);
    options.refuseOthers();
    waits = new long[threads];
  }

  JsonLine run() throws InterruptedException {
    warmUp();
    final StubDataSource database = new StubDataSource();
    try (HikariDataSource pool = Peer.filledPool(database, minimumIdle, maximum)) {
      database.setConnectNanoseconds(connectNanoseconds);
      return spike(database, pool);
    }
  }

  /** As HikariCP's analysis does: ten threads on a pool of their own, without delays, so that the code is compiled. */
  private void warmUp() throws InterruptedException {
    final CycleWorker.Stage stage = new CycleWorker.Stage();
    final List<CycleWorker> workers = new ArrayList<>();
    try (HikariDataSource pool = Peer.filledPool(new StubDataSource(), minimumIdle, maximum)) {
      for (int index = 0; index < WARM_UP_THREADS; index++) {
        workers.add(new CycleWorker("warm-up-" + index, pool, stage, 1, 0));
      }
      workers.forEach(Thread::start);
      Pause.nanoseconds((long) (warmUpSeconds * 1e9));
      stage.now = CycleWorker.Stage.DONE;
      CycleWorker.joinAll(workers);
    }
  }

  private JsonLine spike(StubDataSource database, HikariDataSource pool) throws InterruptedException {
    final CountDownLatch ready = new CountDownLatch(threads);
    final CountDownLatch gate = new CountDownLatch(1);
    final CountDownLatch served = new CountDownLatch(threads);
    for (int index = 0; index < threads; index++) {
      final int caller = index;
      new Thread(() -> call(caller, pool, ready, gate, served), "caller-" + caller).start();
    }
    ready.await();
    final int sizeAtStart = Peer.size(pool);
    final int createdAtStart = database.created();
    final double cpuBefore = Peer.cpuSeconds();
    final long begin = System.nanoTime();
    gate.countDown();
    served.await();
    final long end = System.nanoTime();
    final double cpuSeconds = Peer.cpuSeconds() - cpuBefore;
    final int sizeAtEnd = Peer.size(pool);
    if (failure.get() != null) {
      throw new IllegalStateException("a caller got no connection", failure.get());
    }
    waitUntilSettled(database);
    return report(end - begin, cpuSeconds)
        .add("connections_at_start", sizeAtStart)
        .add("connections_at_end", sizeAtEnd)
        .add("connections_settled", Peer.size(pool))
        .add("connections_created", database.created() - createdAtStart);
  }

  private void call(int caller, DataSource pool, CountDownLatch ready, CountDownLatch gate, CountDownLatch served) {
    ready.countDown();
    try {
      gate.await();
      final long asked = System.nanoTime();
      final Connection connection = pool.getConnection();
      waits[caller] = System.nanoTime() - asked;
      Pause.nanoseconds(queryNanoseconds);
      connection.close();
    } catch (SQLException | RuntimeException refused) {
      failure.compareAndSet(null, refused);
    } catch (InterruptedException nobodyInterrupts) {
      Thread.currentThread().interrupt();
    } finally {
      served.countDown();
    }
  }

  /** The pool connects one after the other: it has settled when it had time for another one and did not begin it. */
  private void waitUntilSettled(StubDataSource database) {
    final long quiet = connectNanoseconds / 2 + TimeUnit.MILLISECONDS.toNanos(50);
    final long deadline = System.nanoTime() + (maximum + 1L) * (connectNanoseconds + quiet);
    long busyUntil = System.nanoTime();
    while (System.nanoTime() - busyUntil < quiet) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("the pool goes on connecting though nobody waits");
      }
      if (database.connecting() > 0) {
        busyUntil = System.nanoTime();
      }
      Pause.nanoseconds(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private JsonLine report(long servedNanoseconds, double cpuSeconds) {
    final long[] sorted = waits.clone();
    Arrays.sort(sorted);
    return Peer.line("spike")
        .add("threads", threads)
        .add("maximum", maximum)
        .add("minimum_idle", minimumIdle)
        .add("connect_ms", connectNanoseconds / 1e6, 1)
        .add("query_ms", queryNanoseconds / 1e6, 1)
        .add("served_ms", servedNanoseconds / 1e6, 3)
        .add("wait_p50_ns", nearestRank(sorted, 0.50))
        .add("wait_p99_ns", nearestRank(sorted, 0.99))
        .add("wait_max_ns", sorted[sorted.length - 1])
        .add("wait_mean_ns", Arrays.stream(sorted).average().orElse(0), 1)
        .add("cpu_seconds", cpuSeconds, 3);
  }

  private static long nearestRank(long[] sorted, double part) {
    return sorted[Math.max(0, (int) Math.ceil(part * sorted.length) - 1)];
  }
}
