export { loadSettings, readSettings, refuseOpenDoor, SettingsError } from './load.js';
export { runtimeLimits } from './runtime-limits.js';
export { Settings, variableOf } from './settings.js';
export { isCredential } from './allowed.js';
