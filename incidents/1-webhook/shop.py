"""The shop behind the webhooks: its tables, its sessions and the endpoints that use them properly.

`service.py` adds the webhook as it was on the day of the incident, `fixed.py` as it is now.
"""

import os
from datetime import datetime
from typing import Optional

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, create_engine, func, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine(
    os.environ["DATABASE_URL"],
    # The limit had been raised two days before: room for the leak to grow without any error.
    pool_size=int(os.environ.get("POOL_SIZE", "100")),
    max_overflow=0,
    pool_timeout=10,
    connect_args={"application_name": "shop-webhook"},
)
SessionWriteLocal = sessionmaker(bind=engine, autoflush=False)
Base = declarative_base()


class InstagramProduct(Base):
    __tablename__ = "instagram_product"

    id = Column(Integer, primary_key=True)
    origin_id = Column(String, nullable=False, unique=True)
    name = Column(String, nullable=False)
    price = Column(Integer, nullable=False)
    updated_at = Column(DateTime, nullable=False, server_default=func.now())


class ShopOrder(Base):
    __tablename__ = "shop_order"

    id = Column(Integer, primary_key=True)
    product_id = Column(ForeignKey("instagram_product.id"), nullable=False)
    quantity = Column(Integer, nullable=False)


class WebhookDelivery(Base):
    __tablename__ = "webhook_delivery"

    id = Column(Integer, primary_key=True)
    delivery_id = Column(String, nullable=False, unique=True)
    received_at = Column(DateTime, nullable=False, server_default=func.now())


class ProductUpdate(BaseModel):
    """What the platform posts when a product changes; the new price follows by a call of its own."""

    delivery_id: str
    origin_id: str
    name: Optional[str] = None


class NewOrder(BaseModel):
    product_id: int
    quantity: int = 1


class PendingUpdate:
    """An update whose second half, the price, the platform has yet to send."""

    def __init__(self, update: ProductUpdate, db: Optional[Session] = None):
        self.update = update
        self.db = db
        self.since = datetime.utcnow()


pending_updates: dict[str, PendingUpdate] = {}


def get_db(request: Request) -> Session:
    return request.state.db


def record_delivery(db: Session, update: ProductUpdate):
    db.add(WebhookDelivery(delivery_id=update.delivery_id))
    db.commit()


def create_app() -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def db_session(request: Request, call_next):
        """A session for every request, closed when its response begins (the FastAPI manual's own pattern)."""
        request.state.db = SessionWriteLocal()
        try:
            return await call_next(request)
        finally:
            request.state.db.close()

    @app.get("/products/{product_id}")
    def read_product(product_id: int, db: Session = Depends(get_db)):
        product = db.get(InstagramProduct, product_id)
        if product is None:
            raise HTTPException(404, "no such product")
        return {"id": product.id, "name": product.name, "price": product.price}

    @app.post("/orders", status_code=201)
    def place_order(order: NewOrder, db: Session = Depends(get_db)):
        placed = ShopOrder(product_id=order.product_id, quantity=order.quantity)
        db.add(placed)
        db.commit()
        return {"id": placed.id}

    @app.get("/webhooks/pending")
    def read_pending():
        return {"count": len(pending_updates)}

    @app.get("/health/pool")
    def check_pool():
        """Takes every connection that lies idle in the pool and asks each for a sign of life."""
        taken = []
        try:
            while engine.pool.checkedin() > 0:
                taken.append(engine.connect())
            pids = [connection.execute(text("SELECT pg_backend_pid()")).scalar() for connection in taken]
        finally:
            for connection in taken:
                connection.close()
        return {"pids": pids, "checked_out": engine.pool.checkedout(), "size": engine.pool.size()}

    return app
