/** Of `pg`. */
export { Client } from 'pg';
