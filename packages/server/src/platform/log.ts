// Structured logs through pino. Every line passes the redaction before it is written, wherever it comes from.

import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { formatLogLine } from './log-text.ts'
import { redactLine } from './redact.ts'
import { limitRepeatedLines } from './repeated-lines.ts'

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `json`: one object per line. `text`: for people. */
  readonly format: 'json' | 'text'
  /** Standard output when not set. */
  readonly destination?: DestinationStream
}

const WARN = pino.levels.values.warn ?? 0

/** A log that fits `Log` of the protocol and the `loggerInstance` of Fastify. */
export function createLog({ level, format, destination }: LogSettings): Logger {
  const repeated = limitRepeatedLines()
  const options: LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    hooks: {
      streamWrite: (line) =>
        format === 'text' ? formatLogLine(redactLine(line)) : redactLine(line),
      // Of faults alone. Each single one can still be had, at level debug.
      logMethod(line, write, lineLevel) {
        const writePlainly = (fields: object, words: string) => write.apply(log, [fields, words])
        if (lineLevel < WARN || repeated.admit(line, writePlainly)) write.apply(this, line)
        else this.debug(...line)
      },
    },
  }
  const log = destination ? pino(options, destination) : pino(options)
  return log
}
