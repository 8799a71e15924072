import java.util.List;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * The healthy twin, another process with the same pool's settings: publishes posts of its own channels, and notifies
 * when the transaction is committed and its connection back in the pool. The cursor is what the page is ordered by.
 *
 * <p>Says how it fares, one line of JSON for every twenty posts, until it is ended.
 */
final class Healthy {
  private static final int FIRST_POST = 30;
  private static final int POSTS = 10;
  private static final long REST_MILLISECONDS = Long.parseLong(System.getenv("REST_MS"));

  private Healthy() {}

  private static void notifyFollowers(Tables tables, Publishing.PostPublished published) {
    int cursor = 0;
    List<Tables.Follower> page = tables.followers(published.channel, cursor);
    while (!page.isEmpty()) {
      tables.raiseBadges(Tables.users(page));
      tables.push(published.post, Tables.users(page));
      cursor = page.get(page.size() - 1).id;
      page = tables.followers(published.channel, cursor);
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    final AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(Database.class, Sessions.class, Tables.class, Publishing.class);
    final Publishing publishing = context.getBean(Publishing.class);
    final Tables tables = context.getBean(Tables.class);
    int done = 0;
    int errors = 0;
    for (int index = 0; ; index++) {
      try {
        notifyFollowers(tables, publishing.publish(FIRST_POST + index % POSTS));
        done++;
      } catch (RuntimeException failure) {
        errors++;
        System.err.println(failure);
      }
      if (index % 20 == 0) {
        Tell.that("counted", "done", done, "errors", errors);
      }
      Thread.sleep(REST_MILLISECONDS);
    }
  }
}
