// One pool for the whole process, as the application and its test suite use it: of connections to PostgreSQL by pg,
// or to MariaDB or MySQL by mysql2, as the URL says.
import { ConnectionAcquireTimeoutError, DataTypes, Sequelize } from 'sequelize';

const NAME = 'user-module';
const SERVERS = {
  postgres: { dialectOptions: { application_name: NAME }, sessionId: 'pg_backend_pid()' },
  mysql: { dialectOptions: { connectAttributes: { program_name: NAME } }, sessionId: 'CONNECTION_ID()' },
};
const dialect = process.env.DATABASE_URL.startsWith('mysql:') ? 'mysql' : 'postgres';
const { dialectOptions, sessionId } = SERVERS[dialect];

export const sequelize = new Sequelize(process.env.DATABASE_URL, {
  dialect,
  logging: false,
  dialectOptions,
  pool: { max: Number(process.env.POOL_MAX ?? 10), min: 0, acquire: 1500, idle: 1000, evict: 500 },
});

const plain = { timestamps: false, underscored: true };

export const User = sequelize.define(
  'User',
  { email: DataTypes.TEXT, name: DataTypes.TEXT },
  { ...plain, tableName: 'users' },
);

export const Profile = sequelize.define(
  'Profile',
  { userId: { type: DataTypes.INTEGER, primaryKey: true }, bio: DataTypes.TEXT },
  { ...plain, tableName: 'profiles' },
);

export const Follow = sequelize.define(
  'Follow',
  {
    followerId: { type: DataTypes.INTEGER, primaryKey: true },
    followedId: { type: DataTypes.INTEGER, primaryKey: true },
  },
  { ...plain, tableName: 'follows' },
);

export const Channel = sequelize.define(
  'Channel',
  { ownerId: DataTypes.INTEGER, name: DataTypes.TEXT },
  { ...plain, tableName: 'channels' },
);

export const Comment = sequelize.define(
  'Comment',
  { authorId: DataTypes.INTEGER, text: DataTypes.TEXT },
  { ...plain, tableName: 'comments' },
);

// The server's own name for the session that this is asked on.
export async function askSessionId() {
  const [[{ id }]] = await sequelize.query(`SELECT ${sessionId} AS id`);
  return id;
}

// What the controllers begin their transactions with. Whoever calls it has to commit or roll back.
export async function startTransaction() {
  try {
    return await sequelize.transaction();
  } catch (error) {
    if (error instanceof ConnectionAcquireTimeoutError) {
      throw new Error('Database connection timeout', { cause: error });
    }
    throw error;
  }
}
