import javax.persistence.Column;
import javax.persistence.Entity;
import javax.persistence.Id;
import javax.persistence.Table;

/** What may be paid back of an order; the refund server marks what it has paid. */
@Entity
@Table(name = "refund")
public class Refund {
  @Id private int id;

  @Column(name = "order_id")
  private int order;

  private int cents;

  int order() {
    return order;
  }

  int cents() {
    return cents;
  }
}
