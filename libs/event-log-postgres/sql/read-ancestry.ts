import type { Statement } from '../connections.js';

/** A timeline and what it was forked from, step by step, oldest first. $1 timeline */
export const readAncestry: Statement = {
  name: 'read-ancestry',
  text: `
    with recursive lineage as (
      select timeline_id, name, parent_id, fork_version, genesis_hash, 0 as depth
      from timeline
      where timeline_id = $1::integer and status = 'open'
      union all
      select parent.timeline_id, parent.name, parent.parent_id, parent.fork_version, parent.genesis_hash, depth + 1
      from lineage
      join timeline as parent on parent.timeline_id = lineage.parent_id
    )
    select timeline_id, name, encode(genesis_hash, 'hex'), coalesce(fork_version, 0)
    from lineage
    order by depth desc`,
};
