// What the primary process and its workers tell each other.

import type { StopRequest } from '../host.ts'

export interface ToWorker {
  readonly stop: StopRequest
}

/** Asks for a report of the worker's metrics. */
export interface ReportRequest {
  readonly reportNumber: number
}

export interface Report extends ReportRequest {
  readonly metrics: readonly object[]
}

export interface FromWorker {
  /** It answers requests here. */
  readonly ready: string
}

export function isToWorker(message: unknown): message is ToWorker {
  return typeof message === 'object' && message !== null && 'stop' in message
}

export function isReportRequest(message: unknown): message is ReportRequest {
  return typeof message === 'object' && message !== null && 'reportNumber' in message
}

export function isReport(message: unknown): message is Report {
  return isReportRequest(message) && 'metrics' in message
}

export function isFromWorker(message: unknown): message is FromWorker {
  return typeof message === 'object' && message !== null && 'ready' in message
}
