import java.util.List;
import org.springframework.context.event.EventListener;

/**
 * Notifies a channel's followers of a post. Two mistakes, and each would have been harmless without the other:
 *
 * <p>1. A synchronous listener runs in the transaction that publishes the post, and this one sleeps after every few
 * pages because the push provider limits the rate. While it sleeps, the transaction keeps its locks.
 *
 * <p>2. The page query orders by {@code follower.id}, but the loop remembers the last {@code user_id} as its cursor. In
 * small channels one page is all, so nobody noticed. In the large one followers' ids are larger than users' ids: the
 * same page comes back, again and again. Notifying twice is harmless, so nothing fails; the loop never ends.
 */
class FollowerListener {
  private static final int PAGES_PER_BURST = 3;
  private static final long PAUSE_MILLISECONDS = Long.parseLong(System.getenv("PAUSE_MS"));

  private final Tables tables;

  FollowerListener(Tables tables) {
    this.tables = tables;
  }

  @EventListener
  void notifyFollowers(Publishing.PostPublished event) throws InterruptedException {
    int cursor = 0;
    List<Tables.Follower> page = tables.followers(event.channel, cursor);
    for (int pages = 1; !page.isEmpty(); pages++) {
      final List<Integer> users = Tables.users(page);
      tables.raiseBadges(users);
      tables.push(event.post, users);
      cursor = page.get(page.size() - 1).user; // the user's id, though the page is ordered by the follower's
      if (page.size() == Tables.PAGE) {
        Tell.that("paged", "pages", pages, "first", page.get(0).id, "last", page.get(page.size() - 1).id);
      }
      if (pages % PAGES_PER_BURST == 0) {
        Thread.sleep(PAUSE_MILLISECONDS);
      }
      page = tables.followers(event.channel, cursor);
    }
  }
}
