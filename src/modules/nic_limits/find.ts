import { networkFactsOf } from '../../facts/fact.ts';
import { networksFact } from '../../facts/networks.ts';
import type { NicSource } from '../../facts/nics.ts';
import type { HostFacts } from '../../model/facts.ts';
import { type Card, cardsOf, configLimits } from './card.ts';
import type { FoundNic } from './item.ts';
import { toValuesOrNull } from './settings.ts';

/** Every NIC of every VM of a host. */
export function findNics(facts: HostFacts): readonly FoundNic[] {
  const networks = networkFactsOf(facts, networksFact);
  return facts.domains.flatMap((domain) => {
    const cards = cardsOf(domain, networks);
    return cards.map((card, position) => toFound(card, nth(cards, position)));
  });
}

/** Which one of those with its MAC a card is, from 1: MACs may be shared. */
function nth(cards: readonly Card[], position: number): number {
  return cards.slice(0, position + 1).filter(({ mac }) => mac === cards[position]?.mac).length;
}

function toFound(card: Card, sharing: number): FoundNic {
  const { source } = card.live ?? card.config ?? NOWHERE;
  return {
    card,
    domain: card.domain,
    subject: {
      kind: 'nic',
      key: sharing === 1 ? card.mac : `${card.mac}#${sharing}`,
      label: `nic ${card.index ?? card.mac}`,
      index: card.index,
      mac: card.mac,
      target: card.live?.target ?? card.config?.target ?? '',
      type: card.type,
      source: deviceName(card.type, source),
      ovs: card.isOvs,
    },
    live: toValuesOrNull(card.live?.limits ?? null),
    config: toValuesOrNull(configLimits(card)),
  };
}

const NOWHERE = { source: { network: '', portgroup: '', bridge: '', dev: '' } };

/** What the card is plugged into, in the terms of its type. */
function deviceName(type: string, { network, bridge, dev }: NicSource): string {
  if (type === 'bridge') return bridge || network;
  return type === 'direct' ? dev || network : network || bridge || dev;
}
