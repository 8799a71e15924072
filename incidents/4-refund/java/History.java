import javax.persistence.Column;
import javax.persistence.Entity;
import javax.persistence.Id;
import javax.persistence.Table;

/** What the admin server knows to have been paid back. */
@Entity
@Table(name = "history")
public class History {
  @Id
  @Column(name = "order_id")
  private int order;

  private int cents;

  protected History() {}

  History(int order, int cents) {
    this.order = order;
    this.cents = cents;
  }
}
