import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Tells whoever wants to know of a ticket: rendered by the caller, sent by another thread (Spring's @Async). */
class Notices {
  private static final int RENDER_MILLISECONDS = Pools.number("RENDER_MS", 200);

  private final ExecutorService sender = Executors.newSingleThreadExecutor(task -> {
    final Thread thread = new Thread(task, "sender");
    thread.setDaemon(true);
    return thread;
  });

  void announce(String title) {
    try {
      Thread.sleep(RENDER_MILLISECONDS);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
    sender.execute(title::length); // it needs no connection, and whoever waits for it none either
  }
}
