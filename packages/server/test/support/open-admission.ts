// Admission control that lets everybody in.

import type { Admission } from '../../src/http/admission.ts'

export const OPEN_ADMISSION: Admission = {
  enter: () => true,
  leave: () => undefined,
  state: () => ({ inFlight: 0, turnedAway: { in_flight: 0, event_loop: 0 } }),
}
