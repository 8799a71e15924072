// The other modules. They end what they begin: Sequelize's managed transactions do it for them.
import { Channel, Comment, User, sequelize } from '../database.js';

export async function openChannel({ ownerId, name }) {
  return sequelize.transaction(async (transaction) => {
    const owner = await User.findByPk(ownerId, { transaction });
    if (!owner) {
      return { status: 404 };
    }
    const channel = await Channel.create({ ownerId, name }, { transaction });
    return { status: 201, id: channel.id };
  });
}

export async function comment({ authorId, text }) {
  return sequelize.transaction(async (transaction) => {
    if (text.length > 200) {
      return { status: 400 };
    }
    const written = await Comment.create({ authorId, text }, { transaction });
    return { status: 201, id: written.id };
  });
}

export async function commentsOf(authorId) {
  return { status: 200, count: await Comment.count({ where: { authorId } }) };
}

export async function searchUsers(name) {
  return { status: 200, found: await User.count({ where: { name } }) };
}
