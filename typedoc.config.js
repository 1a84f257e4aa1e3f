import { readdirSync } from 'node:fs';

const rooms = readdirSync(new URL('libs', import.meta.url));

/** Only validation: whatever a room's index.ts exports has a doc comment, and what the comments link to exists. */
export default {
  entryPoints: rooms.map((room) => `libs/${room}/index.ts`),
  emit: 'none',
  excludeInternal: true,
  disableSources: true,
  skipErrorChecking: true,
  validation: { notDocumented: true, notExported: false, invalidLink: true, invalidPath: true },
  requiredToBeDocumented: ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable', 'Enum'],
  treatValidationWarningsAsErrors: true,
};
