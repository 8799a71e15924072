// The user module as it was. Both mistakes are in here: returns that forget the transaction, and a
// transaction that two functions believe to be theirs.
import { Follow, Profile, User, startTransaction } from '../database.js';
import { createProfile } from './profiles.js';

const FOLLOW_LIMIT = 20;

export async function register({ email, name }) {
  const transaction = await startTransaction();
  try {
    const taken = await User.findOne({ where: { email }, transaction });
    if (taken) {
      return { status: 400, message: 'email is taken' }; // early return: nobody ends the transaction
    }
    const user = await User.create({ email, name }, { transaction });
    await transaction.commit();
    return { status: 201, id: user.id };
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

export async function changeBio({ userId, bio }) {
  const transaction = await startTransaction();
  try {
    const profile = await Profile.findOne({ where: { userId }, transaction });
    if (!profile) {
      return { status: 404, message: 'no profile' }; // early return
    }
    await profile.update({ bio }, { transaction });
    await transaction.commit();
    return { status: 200 };
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

export async function follow({ followerId, followedId }) {
  const transaction = await startTransaction();
  try {
    await Follow.create({ followerId, followedId }, { transaction });
    const following = await Follow.count({ where: { followerId }, transaction });
    if (following > FOLLOW_LIMIT) {
      return { status: 400, message: 'follows too many' }; // early return, with a row already written
    }
    await transaction.commit();
    return { status: 201 };
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

export async function registerWithProfile({ email, name, bio }) {
  const transaction = await startTransaction();
  const user = await User.create({ email, name }, { transaction });
  await createProfile({ userId: user.id, bio }, transaction);
  try {
    await transaction.commit(); // the child has committed it already
  } catch (error) {
    console.warn(`registerWithProfile: ${error.message}`);
  }
  return { status: 201, id: user.id };
}

export async function read(id) {
  const user = await User.findByPk(id);
  return user ? { status: 200, name: user.name } : { status: 404 };
}
