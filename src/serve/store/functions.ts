/**
 * What every accepted request and every job runs, as functions of the database: it plans a statement of a function once
 * a session, and any other one each time, which costs more than all that the statement does. One round trip each.
 *
 * A statement within a function sees what was committed before it began, so that whoever has waited for the row of
 * virtune_revision sees what the transaction before it has left.
 */
export const FUNCTIONS: readonly string[] = [
  `CREATE OR REPLACE FUNCTION virtune_next_revision() RETURNS bigint LANGUAGE plpgsql AS $$
   DECLARE rev bigint;
   BEGIN
     UPDATE virtune_revision SET revision = revision + 1 RETURNING revision INTO rev;
     PERFORM pg_notify('virtune_news', '');
     RETURN rev;
   END $$`,

  // When each direction ends that is set: null for never.
  `CREATE OR REPLACE FUNCTION virtune_ends(a_limits jsonb, a_until timestamptz) RETURNS jsonb LANGUAGE sql AS $$
   SELECT coalesce(jsonb_object_agg(key, a_until), '{}') FROM jsonb_object_keys(a_limits) key
   $$`,

  `CREATE OR REPLACE FUNCTION virtune_set(
     a_server uuid, a_mac text, a_limits jsonb, a_before jsonb, a_owner jsonb, a_project text, a_request text,
     a_reason text, a_until timestamptz, a_projects text[], a_host text
   ) RETURNS SETOF virtune_job LANGUAGE plpgsql AS $$
   DECLARE rev bigint := virtune_next_revision(); old virtune_override; made bigint; a_ends jsonb;
   BEGIN
     a_ends := virtune_ends(a_limits, a_until);
     SELECT * INTO old FROM virtune_override o WHERE o.server = a_server AND o.mac = a_mac AND NOT o.restored
       ORDER BY o.ended_at NULLS FIRST LIMIT 1;
     IF FOUND THEN
       a_before := old.before;
       -- The directions that were set before hold on. What has ended is still to be undone, by the job that is there for
       -- that: nothing may be set for one of its directions now.
       IF old.ended_at IS NULL THEN
         UPDATE virtune_override o SET ended_at = now(), restored = true, revision = rev WHERE o.id = old.id;
         UPDATE virtune_job j SET state = 'superseded', finished_at = now(), progress = ''
           WHERE j.override = old.id AND j.state IN ('queued', 'running');
         a_limits := old.limits || a_limits;
         a_ends := coalesce(old.ends, virtune_ends(old.limits, old.until)) || a_ends;
       END IF;
     END IF;
     INSERT INTO virtune_override (server, mac, limits, before, owner, project, request, reason, until, ends, revision)
       VALUES (a_server, a_mac, a_limits, a_before, a_owner, a_project, a_request, a_reason,
         (SELECT min(value::timestamptz) FROM jsonb_each_text(a_ends)), a_ends, rev)
       RETURNING id INTO made;
     RETURN QUERY INSERT INTO virtune_job (kind, override, server, mac, projects, request, revision, host)
       VALUES ('set', made, a_server, a_mac, a_projects, a_request, rev, a_host) RETURNING *;
   END $$`,

  `CREATE OR REPLACE FUNCTION virtune_claim(a_process integer, a_most integer)
   RETURNS SETOF virtune_job LANGUAGE plpgsql AS $$
   BEGIN
     RETURN QUERY UPDATE virtune_job j SET state = 'running', process = a_process, attempts = j.attempts + 1,
         started_at = coalesce(j.started_at, now())
       WHERE j.id IN (SELECT q.id FROM virtune_job q WHERE q.state = 'queued' AND q.due_at <= now()
         ORDER BY q.id LIMIT a_most FOR UPDATE SKIP LOCKED)
       RETURNING j.*;
   END $$`,

  `CREATE OR REPLACE FUNCTION virtune_finish(
     a_id bigint, a_process integer, a_state text, a_host text, a_progress text, a_result jsonb, a_detail text
   ) RETURNS boolean LANGUAGE plpgsql AS $$
   DECLARE job virtune_job;
   BEGIN
     UPDATE virtune_job j SET state = a_state, host = a_host, progress = a_progress, result = a_result,
         finished_at = now(), process = NULL
       WHERE j.id = a_id AND j.process = a_process AND j.state = 'running' RETURNING * INTO job;
     IF NOT FOUND THEN RETURN false; END IF;
     INSERT INTO virtune_audit (request, remote, projects, action, server, mac, detail)
       VALUES (job.request, '', job.projects, job.kind || ' ' || a_state, job.server, job.mac, a_detail);
     RETURN true;
   END $$`,
];
