"""The webhook as it is now: the task opens a session of its own, and closes it."""

from fastapi import BackgroundTasks, Depends
from sqlalchemy.orm import Session

from shop import (
    InstagramProduct,
    PendingUpdate,
    ProductUpdate,
    SessionWriteLocal,
    create_app,
    get_db,
    pending_updates,
    record_delivery,
)

app = create_app()


@app.post("/webhooks/instagram", status_code=202)
def product_updated(update: ProductUpdate, tasks: BackgroundTasks, db: Session = Depends(get_db)):
    record_delivery(db, update)
    tasks.add_task(begin_update, update)
    return {"accepted": update.delivery_id}


def begin_update(update: ProductUpdate):
    with SessionWriteLocal() as db:
        product = db.query(InstagramProduct).filter(InstagramProduct.origin_id == update.origin_id).one_or_none()
        if product is None:
            return
        # Whoever brings the price opens a session too: what waits here holds no connection.
        pending_updates[update.delivery_id] = PendingUpdate(update)
