import { shownPreview } from '../preview.ts';
import { checkLimits, seenNics, setLimits, withdrawLimits } from './limits.ts';
import type { Answer, Asked, Route } from './route.ts';
import { JOBS_ACCEPTED, LIMITS_REQUEST, NIC, PREVIEW, SERVER } from './schemas.ts';
import { shownNic } from './shown.ts';

const CHECK = {
  name: 'check',
  description: 'Only say what would be done: the host is read, and nothing is written or remembered.',
  schema: { type: 'string', enum: ['', 'true', 'false'] },
};
const ACCEPTED = { description: 'Accepted and remembered; it is being made so.', schema: JOBS_ACCEPTED };
const SHOWN = 'What they have, and what was set here.';

/** Of a server and of one of its NICs: the same three, by paths of their own. */
export const LIMITS_ROUTES: readonly Route[] = [
  ...limitsRoutes({
    path: '/v1/servers/{server}/limits',
    of: 'Server',
    get: {
      summary: 'Limits of all NICs of a server, as its host was seen last',
      answers: { 200: { description: SHOWN, schema: SERVER } },
      handle: async (asked) => {
        const { server, vm, nics } = await seenNics(asked);
        const { mirror } = asked.service;
        const shown = nics.map((nic) => shownNic(nic, mirror.of(server.id, nic.mac)));
        return {
          status: 200,
          body: { server: server.id, seenAt: new Date(vm.seenAt).toISOString(), nics: shown },
        };
      },
    },
    set: 'Set limits of all NICs that a server has now',
    withdraw: 'Withdraw what was set for all NICs of a server',
    subject: 'Each gets',
  }),
  ...limitsRoutes({
    path: '/v1/servers/{server}/nics/{nic}/limits',
    of: 'Nic',
    get: {
      summary: 'Limits of a NIC: its position from 1, its MAC, or the ID of its port',
      answers: { 200: { description: SHOWN.replace('they have', 'it has'), schema: NIC } },
      handle: async (asked) => {
        const { server, nics } = await seenNics(asked);
        const shown = nics.map((nic) => shownNic(nic, asked.service.mirror.of(server.id, nic.mac)));
        return { status: 200, body: shown[0] };
      },
    },
    set: 'Set limits of a NIC',
    withdraw: 'Withdraw what was set for a NIC',
    subject: 'It gets',
  }),
];

interface LimitsOf {
  readonly path: string;
  readonly of: string;
  readonly get: Pick<Route, 'summary' | 'answers' | 'handle'>;
  /** What the others are in words. */
  readonly set: string;
  readonly withdraw: string;
  readonly subject: string;
}

function limitsRoutes({ path, of, get, ...words }: LimitsOf): readonly Route[] {
  return [
    { method: 'GET', path, id: `get${of}Limits`, ...get },
    {
      ...{ method: 'PATCH', path, id: `set${of}Limits`, summary: words.set },
      query: [CHECK],
      body: LIMITS_REQUEST,
      answers: { 200: { description: 'With `check`.', schema: PREVIEW }, 202: ACCEPTED },
      handle: setOrCheck,
    },
    {
      ...{ method: 'DELETE', path, id: `withdraw${of}Limits`, summary: words.withdraw },
      description: `${words.subject} what the inventory declares for it, or what it had before it was set here.`,
      answers: { 202: ACCEPTED },
      handle: withdrawLimits,
    },
  ];
}

async function setOrCheck(asked: Asked): Promise<Answer> {
  const { check } = asked.query;
  if (check === undefined || check === 'false') return setLimits(asked);
  const nics = (await checkLimits(asked)).map((change) => ({
    mac: change.subject.key,
    ...shownPreview(change, asked.caller.isAdmin),
  }));
  return { status: 200, body: { nics } };
}
