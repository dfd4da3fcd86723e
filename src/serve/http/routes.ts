import { LIMITS_ROUTES } from './limits_routes.ts';
import { LIST_ROUTES } from './list_routes.ts';
import type { Route } from './route.ts';

/** All operations under /v1: to add one, add it to its file's list. */
export const ROUTES: readonly Route[] = [...LIMITS_ROUTES, ...LIST_ROUTES];
