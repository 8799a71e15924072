import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;

/** One thread that takes a connection and gives it back, over and over. */
final class CycleWorker extends Thread {
  /** What all workers look at; the main thread moves it on. */
  static final class Stage {
    static final int WARM_UP = 0;
    static final int MEASURE = 1;
    static final int DONE = 2;
    volatile int now = WARM_UP;
  }

  private final DataSource pool;
  private final Stage stage;
  private final int sampledEvery; // a power of two
  private final long holdNanoseconds;
  private WaitHistogram waits;
  private long operations;
  private Exception failure;

  CycleWorker(String name, DataSource pool, Stage stage, int sampledEvery, long holdNanoseconds) {
    super(name);
    this.pool = pool;
    this.stage = stage;
    this.sampledEvery = sampledEvery;
    this.holdNanoseconds = holdNanoseconds;
  }

  @Override
  public void run() {
    try {
      cycleDuring(Stage.WARM_UP, new WaitHistogram());
      waits = new WaitHistogram();
      operations = cycleDuring(Stage.MEASURE, waits);
    } catch (SQLException | RuntimeException refused) {
      failure = refused;
    }
  }

  /** Waits for the end of all; a measurement in which one of them failed is none. */
  static void joinAll(List<CycleWorker> workers) throws InterruptedException {
    for (CycleWorker worker : workers) {
      worker.join();
    }
    for (CycleWorker worker : workers) {
      if (worker.failure != null) {
        throw new IllegalStateException(worker.getName() + " failed", worker.failure);
      }
    }
  }

  /** After joinAll: what was measured. */
  WaitHistogram waits() {
    return waits;
  }

  long operations() {
    return operations;
  }

  /** An operation counts for the stage in which it began. The count is local, so that no two threads share its line. */
  private long cycleDuring(int wanted, WaitHistogram histogram) throws SQLException {
    long done = 0;
    while (stage.now == wanted) {
      if ((done & (sampledEvery - 1)) == 0) {
        timedCycle(histogram);
      } else {
        cycle();
      }
      done++;
    }
    return done;
  }

  private void cycle() throws SQLException {
    final Connection connection = pool.getConnection();
    hold();
    connection.close();
  }

  private void timedCycle(WaitHistogram histogram) throws SQLException {
    final long asked = System.nanoTime();
    final Connection connection = pool.getConnection();
    histogram.record(System.nanoTime() - asked);
    hold();
    connection.close();
  }

  private void hold() {
    if (holdNanoseconds > 0) {
      Pause.nanoseconds(holdNanoseconds);
    }
  }
}
