"""The webhook as it was: the request's session is handed to background work.

What happens to one delivery:

1. The handler gets the request's session by dependency injection, records the delivery, commits, answers.
2. The middleware closes that session as soon as the response begins: its connection goes back to the pool.
   Nothing is wrong so far.
3. Starlette runs the task once the response is sent, on a thread of its pool. Session.close() does not end
   a SQLAlchemy session, it only resets it: the task's SELECT takes a connection out of the pool again and
   begins a transaction on it.
4. No request is left whose clean-up would close the session, and the task does not: it never opened it.
   The connection stays out of the pool and `idle in transaction`, its last statement that SELECT.

`pending_updates` matters. With nothing referring to the session, garbage collection would reset its
connection and return it to the pool, and the leak would come and go; a registry, a closure or a kept
traceback is what makes it last.
"""

from fastapi import BackgroundTasks, Depends
from sqlalchemy.orm import Session

from shop import InstagramProduct, PendingUpdate, ProductUpdate, create_app, get_db, pending_updates, record_delivery

app = create_app()


@app.post("/webhooks/instagram", status_code=202)
def product_updated(update: ProductUpdate, tasks: BackgroundTasks, db: Session = Depends(get_db)):
    record_delivery(db, update)
    tasks.add_task(begin_update, db, update)
    return {"accepted": update.delivery_id}


def begin_update(db: Session, update: ProductUpdate):
    product = db.query(InstagramProduct).filter(InstagramProduct.origin_id == update.origin_id).one_or_none()
    if product is None:
        return
    # The price comes later: keep the session, so that both halves are written in one transaction.
    pending_updates[update.delivery_id] = PendingUpdate(update, db)
