import { Profile, startTransaction } from '../database.js';

// Shared ownership: begins a transaction if it is given none, but ends it in either case.
export async function createProfile({ userId, bio }, transaction) {
  const own = transaction ?? (await startTransaction());
  await Profile.create({ userId, bio }, { transaction: own });
  await own.commit();
  return { status: 201 };
}
