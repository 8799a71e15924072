import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.transaction.CannotCreateTransactionException;

/**
 * The publishers of one process, with one pool. The first publishes the post of a large channel and is caught in its
 * listener's loop; the second publishes the same post and has to wait, as have all others that want something that the
 * first holds: a badge's row, a post to which a foreign key refers, a push's key, or a post that one of these has
 * locked. Those for whom no connection is left are refused after three seconds.
 *
 * <p>The first two give up when they fail. All others try again and go on, until the process is ended.
 */
final class Publishers {
  private static final int LARGE = 1; // the large channel's post
  private static final long REST_MILLISECONDS = 200; // two cores are shared with the server

  private final Publishing publishing;
  private final List<Thread> others = new ArrayList<>();

  private Publishers(Publishing publishing) {
    this.publishing = publishing;
  }

  private void run() throws InterruptedException {
    startAndWait("first", "paged", () -> publishing.publish(LARGE), true);
    startAndWait("second", "began", () -> publishing.publish(LARGE), true);
    startAndWait("badge-20", "began", () -> publishing.publish(20), false);
    // The second level: of these two, one wants the post that the other has locked.
    startAndWait("same-post-20", "began", () -> publishing.publish(20), false);
    for (int post = 21; post <= 25; post++) {
      final int own = post;
      other("badge-" + own, () -> publishing.publish(own));
    }
    for (int index = 1; index <= 5; index++) {
      final String url = "https://media.example.org/late/" + index + ".jpg";
      other("media-" + index, () -> publishing.attachLate(LARGE, url));
    }
    other("reminder", () -> publishing.remind(LARGE, 7));
    others.forEach(Thread::start);
  }

  private void other(String name, Runnable step) {
    others.add(new Thread(() -> goOn(step), name));
  }

  /** Back when it has said so for the first time: the order in which the first ones come is the story. */
  private void startAndWait(String name, String state, Runnable step, boolean givesUp) throws InterruptedException {
    final CountDownLatch said = Tell.latch(name, state);
    new Thread(givesUp ? () -> attempt(step) : () -> goOn(step), name).start();
    said.await();
  }

  private static void goOn(Runnable step) {
    while (!Thread.interrupted()) {
      attempt(step);
      try {
        Thread.sleep(REST_MILLISECONDS);
      } catch (InterruptedException ended) {
        return;
      }
    }
  }

  private static void attempt(Runnable step) {
    try {
      step.run();
      Tell.that("published");
    } catch (CannotCreateTransactionException noConnection) {
      Tell.that("refused", "error", noConnection.getMostSpecificCause().getMessage());
    } catch (RuntimeException failure) {
      Tell.that("failed", "error", failure.toString());
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(
        Database.class, Sessions.class, Tables.class, FollowerListener.class, Publishing.class);
    new Publishers(context.getBean(Publishing.class)).run();
  }
}
