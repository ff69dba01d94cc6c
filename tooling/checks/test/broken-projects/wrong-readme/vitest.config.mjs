export default { test: { pool: 'forks', maxWorkers: 2 } };
