export { BUILD, buildName, type Build } from './build.js';
export { envFileWarnings, settingOrigins, type SettingOrigin } from './env-file.js';
export { SettingsError } from './failure.js';
export { dataDirOf, loadSettings, readSettings, refuseOpenDoor } from './load.js';
export { runtimeLimits } from './runtime-limits.js';
export { Settings, variableOf } from './settings.js';
export { isCredential, isLoopback } from './allowed.js';
