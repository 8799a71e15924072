import java.util.Collections;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.transaction.support.TransactionTemplate;

/** The service that publishes posts, and what else wants their rows. Each method is a transaction. */
class Publishing {
  private static final int MEDIA = 3;

  private final Tables tables;
  private final ApplicationEventPublisher events;
  private final TransactionTemplate transactions;
  private final Sessions sessions;

  Publishing(Tables tables, ApplicationEventPublisher events, TransactionTemplate transactions, Sessions sessions) {
    this.tables = tables;
    this.events = events;
    this.transactions = transactions;
    this.sessions = sessions;
  }

  /** Told when a post is published: by Spring to whoever listens, synchronously, in this transaction. */
  static final class PostPublished {
    final int post;
    final int channel;

    PostPublished(int post, int channel) {
      this.post = post;
      this.channel = channel;
    }
  }

  PostPublished publish(int post) {
    return transactions.execute(status -> {
      sessions.begun();
      final PostPublished published = new PostPublished(post, tables.lockPost(post));
      tables.setPublished(post);
      for (int index = 0; index < MEDIA; index++) {
        tables.attachMedia(post, "https://media.example.org/" + post + "/" + index + ".jpg");
      }
      events.publishEvent(published);
      return published;
    });
  }

  void attachLate(int post, String url) {
    transactions.execute(status -> {
      sessions.begun();
      tables.attachMedia(post, url);
      return null;
    });
  }

  void remind(int post, int user) {
    transactions.execute(status -> {
      sessions.begun();
      tables.push(post, Collections.singletonList(user));
      return null;
    });
  }
}
