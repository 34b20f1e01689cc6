// What http tells to whoever watches the traffic: one word for each answer, and one for each refusal.

import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface TrafficObserver {
  /** Asked once for each route of a tenant, and for what is beside the tenants (`''`). */
  forRoute(tenant: string, route: string): RouteObserver
}

/** Called for every request, so it must be quick; and it must not throw. */
export interface RouteObserver {
  answered(method: string, status: number, milliseconds: number): void
  refused(reason: string): void
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a tenant's route. */
    observer?: RouteObserver | undefined
    /** Its name. */
    tenant?: string
  }
}

const NO_ROUTE = 'none'

/** Tells of every answer, those to requests for nothing included. */
export function observeTraffic(server: FastifyInstance, traffic: TrafficObserver): void {
  const others = new Map<string, RouteObserver>()

  /** Assets, health, and what is nowhere. */
  function findOther({ routeOptions }: FastifyRequest): RouteObserver {
    const route = routeOptions.url ?? NO_ROUTE
    let observer = others.get(route)
    if (observer === undefined) {
      observer = traffic.forRoute('', route)
      others.set(route, observer)
    }
    return observer
  }

  server.addHook('onResponse', (request, reply, next) => {
    const observer = request.routeOptions.config.observer ?? findOther(request)
    const milliseconds = reply.elapsedTime - request.heldMilliseconds
    observer.answered(request.method, reply.statusCode, milliseconds)
    next()
  })
}
