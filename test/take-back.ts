import type { TimelineId } from '#event-log';

/**
 * Statements by which a restore would put a timeline's log back to a version at which a commit ends. They need a superuser:
 * nobody else may edit the past.
 */
export const takeBack = (timelineId: TimelineId, version: number): string => `
  set session_replication_role = replica;
  delete from event where timeline_id = ${timelineId} and version > ${version};
  delete from commit where timeline_id = ${timelineId} and last_version > ${version};
  delete from snapshot where timeline_id = ${timelineId} and version > ${version};
  update timeline set head_version = ${version}, head_hash =
    (select hash from commit where timeline_id = ${timelineId} and last_version = ${version})
    where timeline_id = ${timelineId};`;
