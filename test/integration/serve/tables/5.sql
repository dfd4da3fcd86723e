SET check_function_bodies = false;

CREATE TABLE public.virtune_job (
    id bigint NOT NULL,
    kind text NOT NULL,
    override bigint NOT NULL,
    server uuid NOT NULL,
    mac text NOT NULL,
    projects text[] NOT NULL,
    request text NOT NULL,
    revision bigint NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    process integer,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    host text,
    progress text DEFAULT ''::text NOT NULL,
    result jsonb,
    CONSTRAINT virtune_job_kind_check CHECK ((kind = ANY (ARRAY['set'::text, 'withdraw'::text]))),
    CONSTRAINT virtune_job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'refused'::text, 'failed'::text, 'superseded'::text])))
);

CREATE FUNCTION public.virtune_claim(a_process integer, a_most integer) RETURNS SETOF public.virtune_job
    LANGUAGE plpgsql
    AS $$
   BEGIN
     RETURN QUERY UPDATE virtune_job j SET state = 'running', process = a_process, attempts = j.attempts + 1,
         started_at = coalesce(j.started_at, now())
       WHERE j.id IN (SELECT q.id FROM virtune_job q WHERE q.state = 'queued' AND q.due_at <= now()
         ORDER BY q.id LIMIT a_most FOR UPDATE SKIP LOCKED)
       RETURNING j.*;
   END $$;

CREATE FUNCTION public.virtune_ends(a_limits jsonb, a_until timestamp with time zone) RETURNS jsonb
    LANGUAGE sql
    AS $$
   SELECT coalesce(jsonb_object_agg(key, a_until), '{}') FROM jsonb_object_keys(a_limits) key
   $$;

CREATE FUNCTION public.virtune_finish(a_id bigint, a_process integer, a_state text, a_host text, a_progress text, a_result jsonb, a_detail text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
   DECLARE job virtune_job;
   BEGIN
     UPDATE virtune_job j SET state = a_state, host = a_host, progress = a_progress, result = a_result,
         finished_at = now(), process = NULL
       WHERE j.id = a_id AND j.process = a_process AND j.state = 'running' RETURNING * INTO job;
     IF NOT FOUND THEN RETURN false; END IF;
     INSERT INTO virtune_audit (request, remote, projects, action, server, mac, detail)
       VALUES (job.request, '', job.projects, job.kind || ' ' || a_state, job.server, job.mac, a_detail);
     RETURN true;
   END $$;

CREATE FUNCTION public.virtune_next_revision() RETURNS bigint
    LANGUAGE plpgsql
    AS $$
   DECLARE rev bigint;
   BEGIN
     UPDATE virtune_revision SET revision = revision + 1 RETURNING revision INTO rev;
     PERFORM pg_notify('virtune_news', '');
     RETURN rev;
   END $$;

CREATE FUNCTION public.virtune_set(a_server uuid, a_mac text, a_limits jsonb, a_before jsonb, a_owner jsonb, a_project text, a_request text, a_reason text, a_until timestamp with time zone, a_projects text[], a_host text) RETURNS SETOF public.virtune_job
    LANGUAGE plpgsql
    AS $$
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
   END $$;

CREATE TABLE public.virtune_audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    request text NOT NULL,
    remote text NOT NULL,
    user_id text,
    user_name text,
    project text,
    projects text[] NOT NULL,
    action text NOT NULL,
    server uuid,
    mac text,
    status integer,
    detail text NOT NULL
);

ALTER TABLE public.virtune_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.virtune_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.virtune_job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.virtune_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.virtune_migration (
    version integer NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.virtune_override (
    id bigint NOT NULL,
    server uuid NOT NULL,
    mac text NOT NULL,
    limits jsonb NOT NULL,
    before jsonb,
    owner jsonb NOT NULL,
    project text NOT NULL,
    request text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    until timestamp with time zone,
    ended_at timestamp with time zone,
    restored boolean DEFAULT false NOT NULL,
    revision bigint NOT NULL,
    ends jsonb
);

ALTER TABLE public.virtune_override ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.virtune_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.virtune_process
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.virtune_replay (
    owner text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.virtune_revision (
    single boolean DEFAULT true NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT virtune_revision_single_check CHECK (single)
);

INSERT INTO public.virtune_audit OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-01 08:00:00+00', 'req-1', '127.0.0.1', 'user-member', 'member', '55290000000000000000000000000001', '{55290000000000000000000000000001}', 'setInterface', '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:01', 202, 'interface 1');

INSERT INTO public.virtune_job OVERRIDING SYSTEM VALUE VALUES (1, 'set', 1, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:01', '{55290000000000000000000000000001}', 'req-1', 1, 'done', NULL, 0, '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', NULL, '', NULL);
INSERT INTO public.virtune_job OVERRIDING SYSTEM VALUE VALUES (2, 'set', 2, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:01', '{55290000000000000000000000000001}', 'req-2', 2, 'queued', NULL, 0, '2026-11-02 08:00:00+00', '2026-11-02 08:00:00+00', NULL, NULL, NULL, '', NULL);
INSERT INTO public.virtune_job OVERRIDING SYSTEM VALUE VALUES (3, 'set', 3, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:02', '{55290000000000000000000000000001}', 'req-3', 3, 'running', 1, 0, '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', NULL, NULL, '', NULL);
INSERT INTO public.virtune_job OVERRIDING SYSTEM VALUE VALUES (4, 'withdraw', 4, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:03', '{55290000000000000000000000000001}', 'req-4', 4, 'queued', NULL, 0, '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', NULL, NULL, NULL, '', NULL);
INSERT INTO public.virtune_job OVERRIDING SYSTEM VALUE VALUES (5, 'set', 5, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:04', '{55290000000000000000000000000001}', 'req-5', 5, 'done', NULL, 0, '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', '2026-11-01 08:00:00+00', NULL, '', NULL);

INSERT INTO public.virtune_migration VALUES (1, '2026-11-01 08:00:00+00');
INSERT INTO public.virtune_migration VALUES (2, '2026-11-01 08:00:00+00');
INSERT INTO public.virtune_migration VALUES (3, '2026-11-01 08:00:00+00');
INSERT INTO public.virtune_migration VALUES (4, '2026-11-01 08:00:00+00');
INSERT INTO public.virtune_migration VALUES (5, '2026-11-01 08:00:00+00');

INSERT INTO public.virtune_override OVERRIDING SYSTEM VALUE VALUES (1, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:01', '{"inbound": {"peak": 1000, "burst": 1000, "floor": 0, "average": 1000}, "outbound": {"peak": 1000, "burst": 1000, "floor": 0, "average": 1000}}', '{"live": null, "config": null}', '{"user": {"id": "user-member", "name": "member"}, "roles": ["member", "reader"], "project": {"id": "55290000000000000000000000000001", "name": "demo"}}', '55290000000000000000000000000001', 'req-1', 'why', '2026-11-01 08:00:00+00', NULL, '2026-11-02 08:00:00+00', true, 1, NULL);
INSERT INTO public.virtune_override OVERRIDING SYSTEM VALUE VALUES (2, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:01', '{"inbound": {"peak": 2000, "burst": 2000, "floor": 0, "average": 2000}, "outbound": {"peak": 2000, "burst": 2000, "floor": 0, "average": 2000}}', '{"live": null, "config": null}', '{"user": {"id": "user-member", "name": "member"}, "roles": ["member", "reader"], "project": {"id": "55290000000000000000000000000001", "name": "demo"}}', '55290000000000000000000000000001', 'req-2', 'why', '2026-11-02 08:00:00+00', '2099-01-01 00:00:00+00', NULL, false, 2, NULL);
INSERT INTO public.virtune_override OVERRIDING SYSTEM VALUE VALUES (3, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:02', '{"inbound": {"peak": 3000, "burst": 3000, "floor": 0, "average": 3000}, "outbound": {"peak": 3000, "burst": 3000, "floor": 0, "average": 3000}}', '{"live": null, "config": null}', '{"user": {"id": "user-member", "name": "member"}, "roles": ["member", "reader"], "project": {"id": "55290000000000000000000000000001", "name": "demo"}}', '55290000000000000000000000000001', 'req-3', 'why', '2026-11-01 08:00:00+00', NULL, NULL, false, 3, NULL);
INSERT INTO public.virtune_override OVERRIDING SYSTEM VALUE VALUES (4, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:03', '{"inbound": {"peak": 4000, "burst": 4000, "floor": 0, "average": 4000}, "outbound": {"peak": 4000, "burst": 4000, "floor": 0, "average": 4000}}', '{"live": null, "config": null}', '{"user": {"id": "user-member", "name": "member"}, "roles": ["member", "reader"], "project": {"id": "55290000000000000000000000000001", "name": "demo"}}', '55290000000000000000000000000001', 'req-4', 'why', '2026-11-01 08:00:00+00', NULL, '2026-11-03 08:00:00+00', false, 4, NULL);
INSERT INTO public.virtune_override OVERRIDING SYSTEM VALUE VALUES (5, '4635b1a8-6a5c-4f5f-9d5e-000000000001', 'fa:16:3e:00:00:04', '{"inbound": {"peak": 5000, "burst": 5000, "floor": 0, "average": 5000}, "outbound": {"peak": 5000, "burst": 5000, "floor": 0, "average": 5000}}', '{"live": null, "config": null}', '{"user": {"id": "user-member", "name": "member"}, "roles": ["member", "reader"], "project": {"id": "55290000000000000000000000000001", "name": "demo"}}', '55290000000000000000000000000001', 'req-5', 'why', '2026-11-01 08:00:00+00', '2026-11-04 08:00:00+00', NULL, false, 5, NULL);

INSERT INTO public.virtune_replay VALUES ('o', 'k', 'f', 202, '{}', NULL, '2099-01-01 00:00:00+00');

INSERT INTO public.virtune_revision VALUES (true, 9);

SELECT pg_catalog.setval('public.virtune_audit_id_seq', 1, true);

SELECT pg_catalog.setval('public.virtune_job_id_seq', 5, true);

SELECT pg_catalog.setval('public.virtune_override_id_seq', 5, true);

SELECT pg_catalog.setval('public.virtune_process', 2, true);

ALTER TABLE ONLY public.virtune_audit
    ADD CONSTRAINT virtune_audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.virtune_job
    ADD CONSTRAINT virtune_job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.virtune_migration
    ADD CONSTRAINT virtune_migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.virtune_override
    ADD CONSTRAINT virtune_override_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.virtune_replay
    ADD CONSTRAINT virtune_replay_pkey PRIMARY KEY (owner, key);

ALTER TABLE ONLY public.virtune_revision
    ADD CONSTRAINT virtune_revision_pkey PRIMARY KEY (single);

CREATE INDEX virtune_audit_server ON public.virtune_audit USING btree (server, id);

CREATE INDEX virtune_job_due ON public.virtune_job USING btree (due_at) WHERE (state = 'queued'::text);

CREATE INDEX virtune_job_finished ON public.virtune_job USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX virtune_job_override ON public.virtune_job USING btree (override);

CREATE INDEX virtune_job_running ON public.virtune_job USING btree (process) WHERE (state = 'running'::text);

CREATE INDEX virtune_job_server ON public.virtune_job USING btree (server, id);

CREATE INDEX virtune_override_ended ON public.virtune_override USING btree (ended_at) WHERE restored;

CREATE UNIQUE INDEX virtune_override_one ON public.virtune_override USING btree (server, mac) WHERE (ended_at IS NULL);

CREATE INDEX virtune_override_revision ON public.virtune_override USING btree (revision);

CREATE INDEX virtune_override_until ON public.virtune_override USING btree (until) WHERE ((ended_at IS NULL) AND (until IS NOT NULL));

CREATE INDEX virtune_replay_age ON public.virtune_replay USING btree (created_at);

ALTER TABLE ONLY public.virtune_job
    ADD CONSTRAINT virtune_job_override_fkey FOREIGN KEY (override) REFERENCES public.virtune_override(id);
