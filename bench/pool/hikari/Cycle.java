import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;

/** Acquire and release in a closed loop. */
final class Cycle {
  // With connections for everybody an operation takes about as long as two looks at the clock: so few of them look.
  private static final int SAMPLED_WITHOUT_WAITING = 64;

  private final int threads;
  private final int connections;
  private final double seconds;
  private final double warmUpSeconds;
  private final double holdMicroseconds;
  private final int sampledEvery;

  private double elapsed;
  private double cpuSeconds;

  Cycle(Options options) {
    threads = options.integer("threads", 1, 1, 10_000);
    connections = options.integer("connections", 32, 1, 10_000);
    seconds = options.decimal("seconds", 5, 0.1, 3600);
    warmUpSeconds = options.decimal("warmup", 3, 0.1, 3600);
    holdMicroseconds = options.decimal("hold-us", 0, 0, 1e6);
    sampledEvery = threads > connections ? 1 : SAMPLED_WITHOUT_WAITING;
    options.refuseOthers();
  }

  JsonLine run() throws InterruptedException {
    try (HikariDataSource pool = Peer.filledPool(new StubDataSource(), connections, connections)) {
      return report(measure(pool));
    }
  }

  private List<CycleWorker> measure(HikariDataSource pool) throws InterruptedException {
    final CycleWorker.Stage stage = new CycleWorker.Stage();
    final List<CycleWorker> workers = new ArrayList<>();
    for (int index = 0; index < threads; index++) {
      workers.add(new CycleWorker("caller-" + index, pool, stage, sampledEvery, (long) (holdMicroseconds * 1e3)));
    }
    workers.forEach(Thread::start);
    Pause.nanoseconds((long) (warmUpSeconds * 1e9));
    final double cpuBefore = Peer.cpuSeconds();
    final long begin = System.nanoTime();
    stage.now = CycleWorker.Stage.MEASURE;
    Pause.nanoseconds((long) (seconds * 1e9));
    stage.now = CycleWorker.Stage.DONE;
    elapsed = (System.nanoTime() - begin) / 1e9;
    cpuSeconds = Peer.cpuSeconds() - cpuBefore;
    CycleWorker.joinAll(workers);
    return workers;
  }

  private JsonLine report(List<CycleWorker> workers) {
    final List<WaitHistogram> parts = new ArrayList<>();
    long operations = 0;
    long fewest = Long.MAX_VALUE;
    long most = 0;
    for (CycleWorker worker : workers) {
      parts.add(worker.waits());
      operations += worker.operations();
      fewest = Math.min(fewest, worker.operations());
      most = Math.max(most, worker.operations());
    }
    final WaitHistogram waits = WaitHistogram.merged(parts);
    return Peer.line("cycle")
        .add("threads", threads)
        .add("connections", connections)
        .add("hold_us", holdMicroseconds, 1)
        .add("seconds", elapsed, 3)
        .add("operations_per_second", operations / elapsed, 0)
        .add("ns_per_operation_per_thread", elapsed * 1e9 * threads / Math.max(1, operations), 1)
        .add("wait_sampled_every", sampledEvery)
        .add("wait_samples", waits.count())
        .add("wait_p50_ns", waits.quantile(0.50))
        .add("wait_p99_ns", waits.quantile(0.99))
        .add("wait_p999_ns", waits.quantile(0.999))
        .add("wait_max_ns", waits.largest())
        .add("wait_mean_ns", waits.mean(), 1)
        .add("fairness_largest_over_mean_wait", waits.mean() == 0 ? 0 : waits.largest() / waits.mean(), 1)
        .add("operations_min_thread", fewest)
        .add("operations_max_thread", most)
        .add("cpu_seconds", cpuSeconds, 3);
  }
}
