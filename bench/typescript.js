// Lets Node run the TypeScript of bench/ and test/ as it stands. Everything of the product comes from dist: what is
// measured is what was built. Given to node as --import.
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
