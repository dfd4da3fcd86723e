import type { Ceiling } from './ceilings.ts';
import type { Callers } from './cloud/callers.ts';
import type { Servers } from './cloud/servers.ts';
import type { FleetView } from './fleet_view.ts';
import type { Follower } from './jobs.ts';
import type { Mirror } from './mirror.ts';
import type { Preview } from './preview.ts';
import type { Database } from './store/database.ts';
import type { PolicyVerdict } from './verdict.ts';

/** Everything that a request is answered with. */
export interface Service {
  readonly callers: Callers;
  readonly servers: Servers;
  readonly database: Database;
  readonly mirror: Mirror;
  readonly view: FleetView;
  readonly jobs: Pick<Follower, 'kick'>;
  readonly preview: Preview;
  /** What a policy says of what somebody asks for, by what was seen last. */
  readonly policy: PolicyVerdict;
  readonly ceilings: () => readonly Ceiling[];
  /** For what is nobody's fault but this program's. */
  readonly say: (text: string) => void;
}
