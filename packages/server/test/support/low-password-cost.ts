// Set up for the projects whose tests sign in often and speak of something else.

import { lowerPasswordCost } from './password-cost.ts'

lowerPasswordCost()
