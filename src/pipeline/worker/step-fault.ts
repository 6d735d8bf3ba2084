/** A custom worker's function has returned what it must not, whatever the event: told apart from what its code throws. */
export class StepFault extends Error {}
