# For the Pester tests, which are not read by a shell from top to bottom.
@{
    ExcludeRules = @(
        'PSUseBOMForUnicodeEncodedFile'
        'PSAvoidUsingPositionalParameters'
        # What BeforeAll and BeforeDiscovery assign is used in other blocks, which the rule does not see.
        'PSUseDeclaredVarsMoreThanAssignments'
        # A test's helper New-Verdict changes no system.
        'PSUseShouldProcessForStateChangingFunctions'
        # Those in a script block for a sandbox are that PowerShell's: whether they come back or are kept is what is tested.
        'PSAvoidGlobalVars'
        'PSAvoidUsingWriteHost'
        # A script block for a sandbox has variables of its own there, such as $PID; what comes from here is written $using:.
        'PSUseUsingScopeModifierInNewRunspaces'
    )
}
