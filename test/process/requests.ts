/** What `/health` or `/health/ready` says. */
export interface Health {
  readonly httpStatus: number;
  readonly status: string;
  readonly database: string;
  readonly [key: string]: unknown;
}

export async function health(
  url: string,
  path: '/health' | '/health/ready' | `/health/ready?for=${string}` = '/health',
): Promise<Health> {
  const response = await fetch(url + path);
  return { ...((await response.json()) as Health), httpStatus: response.status };
}

/** Registers an agent on the master timeline; the HTTP status, or undefined when no answer came. */
export async function register(url: string, agentId: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/v1/timelines/REALITY/agents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agentId, deposit: '1' }),
      signal: AbortSignal.timeout(15_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Those of the agents that the master timeline does not know. */
export async function missing(url: string, agentIds: readonly string[]): Promise<string[]> {
  const known = new Set<string>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const response = await fetch(`${url}/v1/timelines/REALITY/agents?limit=1000${query}`);
    if (!response.ok) throw new Error(`The agents were not listed: ${response.status}`);
    const page = (await response.json()) as { items: { agentId: string }[]; nextCursor: string | null };
    for (const { agentId } of page.items) known.add(agentId);
    cursor = page.nextCursor;
  }
  return agentIds.filter((agentId) => !known.has(agentId));
}

/** Clients that register agents one after another until they are told to stop. */
export function startLoad(url: string, clients = 8) {
  const acknowledged: string[] = [];
  const statuses = new Map<number | undefined, number>();
  let stopped = false;
  const run = async (client: number): Promise<void> => {
    for (let n = 0; !stopped; n += 1) {
      const agentId = `load-${client}-${n}`;
      const status = await register(url, agentId);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 201) acknowledged.push(agentId);
      if (status === undefined) return;
    }
  };
  const done = Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  return {
    acknowledged: () => acknowledged.length,
    /** Ends it; what was acknowledged, and how many answers there were of each status. */
    async stop() {
      stopped = true;
      await done;
      return { acknowledged, statuses };
    },
  };
}
