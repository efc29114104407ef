/** Of `commander`. */
export { Command, Help, Option } from 'commander';
